import { KeyturnError } from "@keyturn/client";
import { forgetDevice, forgetDevices, trustedDevices } from "@keyturn/client/factors";
import { useKeyturn } from "@keyturn/client/react";
import { type ReactNode, useCallback } from "react";
import { Badge, Button, Card, Row, Rows } from "../../design";
import { useFormat, useWords } from "../../i18n";
import { Deeds } from "../shared/deeds";
import { useDeviceWords } from "../shared/device-words";
import { useWhenBack } from "../shared/fresh";
import { NotLoaded } from "../shared/not-loaded";
import { useLoaded } from "../shared/use-loaded";
import { useDeed } from "./use-deed";

type Device = Awaited<ReturnType<typeof trustedDevices>>[number];

/** The devices that are asked for no second step, and the end of that. */
export function TrustedCard(): ReactNode {
  const { factors } = useWords();
  const words = factors.trusted;
  const client = useKeyturn();
  const device = useDeviceWords();
  const format = useFormat();
  const { told, busy, attempt } = useDeed();
  const { state, reload } = useLoaded(useCallback(() => trustedDevices(client), [client]));
  useWhenBack(() => void reload());
  const devices = state.status === "loaded" ? state.value : [];

  const forget = async (one: Device): Promise<void> => {
    const act = (): Promise<void> => forgetDevice(client, { id: one.id }).catch(unlessGone);
    const { name } = device(one.user_agent);
    if (await attempt(String(one.id), act, words.forgotten(name))) told.focus();
    await reload();
  };

  const forgetAll = async (): Promise<void> => {
    if (await attempt("all", () => forgetDevices(client), words.forgottenAll)) told.focus();
    await reload();
  };

  return (
    <Card
      title={words.title}
      about={words.about}
      deed={
        devices.length > 1 && (
          <Button small busy={busy === "all"} onClick={() => void forgetAll()}>
            {words.forgetAll}
          </Button>
        )
      }
    >
      {told.place}
      {state.status === "failed" && <NotLoaded again={reload}>{factors.failed}</NotLoaded>}
      {state.status === "loaded" && (
        <Rows label={words.title}>
          {devices.length === 0 && <Row icon="shield" title={words.none} about={words.noneAbout} />}
          {devices.map((one) => {
            const { icon, name } = device(one.user_agent);
            return (
              <Row
                key={one.id}
                icon={icon}
                {...(one.is_current && { tone: "accent" as const })}
                title={
                  <>
                    <span>{name}</span>
                    {one.is_current && <Badge tone="accent">{words.thisDevice}</Badge>}
                  </>
                }
                about={
                  <span className="facts-line facts-line--stacked">
                    <span>{words.until(format.date(one.expires_at))}</span>
                    {one.ip && <span>{one.ip}</span>}
                  </span>
                }
                deed={
                  <Deeds>
                    <Button
                      small
                      busy={busy === String(one.id)}
                      aria-label={words.forgetOf(name)}
                      onClick={() => void forget(one)}
                    >
                      {words.forget}
                    </Button>
                  </Deeds>
                }
              />
            );
          })}
        </Rows>
      )}
    </Card>
  );
}

/** It was forgotten already: that is what was wanted. */
function unlessGone(error: unknown): void {
  if (!(error instanceof KeyturnError) || error.status !== 404) throw error;
}
