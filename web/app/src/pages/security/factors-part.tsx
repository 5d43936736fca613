import { KeyturnError } from "@keyturn/client";
import { type Factor, factors } from "@keyturn/client/factors";
import { useKeyturn } from "@keyturn/client/react";
import { type ReactNode, useCallback } from "react";
import { Card, Row, Rows, Skeleton } from "../../design";
import { useWords } from "../../i18n";
import { useWhenBack } from "../shared/fresh";
import { NotLoaded } from "../shared/not-loaded";
import { useLoaded } from "../shared/use-loaded";
import { AppCard } from "./app-card";
import { CodesCard } from "./codes-card";
import { PasskeysCard } from "./passkeys-card";
import { TrustedCard } from "./trusted-card";

export type OfType<Type extends Factor["type"]> = Extract<Factor, { type: Type }>;

/** What every card about factors is given. */
export interface FactorsProps {
  readonly all: readonly Factor[];
  /** Asks again; after every change, since one factor may bring or take another with it. */
  readonly reload: () => Promise<void>;
}

/** The cards about factors, which are one list at the server. None where the server knows no factors. */
export function FactorsPart(): ReactNode {
  const { factors: words } = useWords();
  const client = useKeyturn();
  const { state, reload } = useLoaded(useCallback(() => factors(client).catch(noneAtAll), [client]));
  useWhenBack(() => void reload());
  if (state.status === "loaded" && state.value === null) return null;
  const all = state.status === "loaded" ? state.value : null;
  if (all === null)
    return (
      <Card title={words.app.title} about={words.app.about}>
        {state.status === "failed" ? (
          <NotLoaded again={reload}>{words.failed}</NotLoaded>
        ) : (
          <Rows>
            <Row icon="phone" title={<Skeleton width="9rem" />} about={<Skeleton width="14rem" />} />
          </Rows>
        )}
      </Card>
    );
  const props: FactorsProps = { all, reload };
  const enrolled = all.some(({ type }) => type !== "recovery_codes");
  return (
    <>
      <PasskeysCard {...props} />
      <AppCard {...props} />
      {enrolled && <CodesCard {...props} />}
      {enrolled && <TrustedCard />}
    </>
  );
}

/** A project without factors has no such list. */
function noneAtAll(error: unknown): null {
  if (error instanceof KeyturnError && error.status === 404) return null;
  throw error;
}
