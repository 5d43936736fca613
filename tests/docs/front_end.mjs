// Plays a client of a running demo with the example in docs/how-to/front-end.md, and prints what came of it as JSON.
// node front_end.mjs EXAMPLE URL NAME PASSWORD
const [example, url, username, password] = process.argv.slice(2);
const { Session, SignedOut, Unreachable } = await import(example);

const post = async (path, body) => {
  const answer = await fetch(url + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return answer.json();
};
let tokens = await post("/token/", { username, password });
const store = { get: () => tokens, set: (fresh) => (tokens = fresh) };
const session = new Session({ url, store, pauses: [0.01] });
const outcome = async () => {
  try {
    return (await session.fetch("/home/")).status;
  } catch (error) {
    if (error instanceof SignedOut) return `signed out: ${error.message}`;
    if (error instanceof Unreachable) return "unreachable";
    throw error;
  }
};
const spoil = () => (tokens = { ...tokens, access: tokens.access.slice(0, -4) });
const said = {};

said.fresh = await outcome();

const first = tokens.refresh;
spoil();
said.together = await Promise.all([outcome(), outcome(), outcome()]);
said.rotatedOnce = tokens.refresh !== first && JSON.parse(atob(tokens.refresh.split(".")[1])).gen === 1;

const held = tokens.refresh;
const real = globalThis.fetch;
globalThis.fetch = async (address, options) => {
  if (String(address).endsWith("/token/refresh/")) throw new TypeError("the network is down");
  return real(address, options);
};
spoil();
said.offline = await outcome();
said.keptItsToken = tokens.refresh === held;
globalThis.fetch = real;
said.onlineAgain = await outcome();

await post("/token/blacklist/", { refresh: tokens.refresh });
said.loggedOut = await outcome();

console.log(JSON.stringify(said));
