import { linkedAccounts, startProvider, unlinkAccount } from "@keyturn/client/factors";
import { useKeyturn } from "@keyturn/client/react";
import { type ReactNode, useCallback, useEffect, useState } from "react";
import { useHistoryState } from "wouter/use-browser-location";
import { config } from "../../config";
import { Button, Card, Row, Rows, Skeleton } from "../../design";
import { useWords } from "../../i18n";
import { PATHS } from "../../shell/paths";
import { useWhenBack } from "../shared/fresh";
import { NotLoaded } from "../shared/not-loaded";
import { useLoaded } from "../shared/use-loaded";
import { flowStateOf } from "../use-step";
import { Sure } from "./sure";
import { useDeed } from "./use-deed";

type Linked = Awaited<ReturnType<typeof linkedAccounts>>[number];

/** Other services to sign in with, and the end of that. Not where the server has none. */
export function LinkedCard(): ReactNode {
  return config.providers.length === 0 ? null : <Services />;
}

function Services(): ReactNode {
  const { factors } = useWords();
  const words = factors.linked;
  const client = useKeyturn();
  const { told, busy, attempt } = useDeed();
  const { state, reload } = useLoaded(useCallback(() => linkedAccounts(client), [client]));
  useWhenBack(() => void reload());
  const [removing, setRemoving] = useState<Linked | null>(null);
  const linked = state.status === "loaded" ? state.value : [];
  const free = config.providers.filter(({ id }) => !linked.some(({ provider }) => provider.id === id));
  const { done } = flowStateOf(useHistoryState());
  const { say } = told;

  useEffect(() => {
    if (done !== "linked") return;
    say(words.linkedNow);
    // Said once, and not again after a reload.
    window.history.replaceState(null, "");
  }, [done, say, words.linkedNow]);

  const link = (provider: string): Promise<boolean> =>
    attempt(provider, async () => {
      const callback = `${window.location.origin}${PATHS.provider}?next=${encodeURIComponent(PATHS.security)}`;
      const address = await startProvider(client, { provider, process: "connect", callback_url: callback });
      window.location.assign(address);
    });

  const unlink = async ({ uid, provider }: Linked): Promise<void> => {
    const act = () => unlinkAccount(client, { provider: provider.id, account: uid });
    if (await attempt("unlink", act, words.unlinked(provider.name))) told.focus();
    setRemoving(null);
    await reload();
  };

  return (
    <Card title={words.title} about={words.about}>
      {told.place}
      {state.status === "failed" && <NotLoaded again={reload}>{factors.failed}</NotLoaded>}
      {state.status === "loading" && (
        <Rows>
          <Row icon="link" title={<Skeleton width="9rem" />} about={<Skeleton width="14rem" />} />
        </Rows>
      )}
      {state.status === "loaded" && (
        <Rows label={words.title}>
          {linked.map((one) => (
            <Row
              key={`${one.provider.id} ${one.uid}`}
              icon="link"
              tone="accent"
              title={one.provider.name}
              about={one.display}
              deed={
                <Button small aria-label={words.unlinkOf(one.provider.name)} onClick={() => setRemoving(one)}>
                  {words.unlink}
                </Button>
              }
            />
          ))}
          {free.map(({ id, name }) => (
            <Row
              key={id}
              icon="link"
              title={name}
              about={words.notLinked}
              deed={
                <Button
                  small
                  busy={busy === id}
                  aria-label={words.linkOf(name)}
                  onClick={() => void link(id)}
                >
                  {words.link}
                </Button>
              }
            />
          ))}
        </Rows>
      )}
      <Sure
        open={removing !== null}
        title={words.unlinkTitle(removing?.provider.name ?? "")}
        about={words.unlinkAbout(removing?.provider.name ?? "")}
        go={words.unlink}
        busy={busy === "unlink"}
        onGo={() => removing !== null && void unlink(removing)}
        onClose={() => setRemoving(null)}
      />
    </Card>
  );
}
