/**
 * The package's hand-written types against those made from the server's OpenAPI document. Nothing runs here: it compiles,
 * or the two have come apart. Needs src/generated/api.ts (npm run generate).
 */
import type { ActivityEvent } from "../src/account.js";
import type {
  AppFactor,
  AppSetUp,
  LinkedAccount,
  PasskeyFactor,
  Provider,
  ProviderToken,
  RecoveryFactor,
  TrustedDevice,
} from "../src/factors.js";
import type { components } from "../src/generated/api.js";
import type { SessionInfo, User } from "../src/types.js";
import type { ErrorCode, RefusalReason } from "../src/words.js";

type Api = components["schemas"];

/** `Part` is all of `Whole`, or this is an error. */
type Is<Part extends Whole, Whole> = [Part, Whole];

export type Contract = [
  Is<Api["KeyturnMe"], User>,
  Is<Api["KeyturnSession"], SessionInfo>,
  Is<SessionInfo, Api["KeyturnSession"]>,
  Is<Api["KeyturnActivity"], ActivityEvent>,
  Is<ActivityEvent, Api["KeyturnActivity"]>,
  Is<Exclude<ErrorCode, "unreachable">, Api["KeyturnCode"]>,
  Is<Api["KeyturnCode"], ErrorCode>,
  Is<RefusalReason, Api["KeyturnReason"]>,
  Is<Api["KeyturnReason"], RefusalReason>,
  Is<AppFactor | RecoveryFactor | PasskeyFactor, Api["KeyturnFactor"]>,
  Is<keyof Api["KeyturnFactor"], keyof (AppFactor & RecoveryFactor & PasskeyFactor) | "unused_codes">,
  Is<AppSetUp, Api["KeyturnAppToSetUp"]>,
  Is<Api["KeyturnAppToSetUp"], AppSetUp>,
  Is<Api["KeyturnNewSecret"], AppSetUp>,
  Is<TrustedDevice, Api["KeyturnTrustedDevice"]>,
  Is<Api["KeyturnTrustedDevice"], TrustedDevice>,
  Is<Provider, Api["KeyturnKnownProvider"]>,
  Is<Api["KeyturnKnownProvider"], Provider>,
  Is<Api["KeyturnLinkedAccount"], LinkedAccount>,
  Is<ProviderToken, Api["KeyturnProviderToken"]>,
];
