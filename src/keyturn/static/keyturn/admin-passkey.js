// The second step of the admin's login with a passkey: asks the browser, and sends what it answers.
"use strict";

(() => {
  const form = document.getElementById("keyturn-passkey");
  if (!form || !window.PublicKeyCredential || !navigator.credentials) return;
  const field = form.querySelector('input[name="keyturn_passkey"]');
  const button = form.querySelector('input[type="submit"]');
  const problem = form.querySelector('[role="alert"]');

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "");

  // WebAuthn Level 3 sections 5.1.7 and 5.1.9, written out for browsers of Level 2.
  const asked = () => {
    const options = JSON.parse(form.dataset.options).publicKey;
    options.challenge = bytes(options.challenge);
    options.allowCredentials = options.allowCredentials.map((one) => ({ ...one, id: bytes(one.id) }));
    return options;
  };
  const told = (found) => ({
    id: found.id,
    rawId: text(found.rawId),
    type: found.type,
    response: {
      clientDataJSON: text(found.response.clientDataJSON),
      authenticatorData: text(found.response.authenticatorData),
      signature: text(found.response.signature),
      userHandle: found.response.userHandle ? text(found.response.userHandle) : null,
    },
  });

  button.disabled = false;
  button.focus();
  form.addEventListener("submit", (event) => {
    if (field.value) return;
    event.preventDefault();
    for (const note of document.querySelectorAll(".errornote")) {
      note.className = "";
      note.textContent = "";
    }
    button.disabled = true;
    navigator.credentials
      .get({ publicKey: asked() })
      .then((found) => {
        field.value = JSON.stringify(told(found));
        form.submit();
      })
      .catch(() => {
        problem.className = "errornote";
        problem.textContent = problem.dataset.problem;
        button.disabled = false;
        button.focus();
      });
  });
})();
