/**
 * Second factors, passkeys, step-up, providers and codes by mail, as functions over a client, so that a page which needs
 * none of them does not load them. All of them throw `KeyturnError`; those that ask for a passkey throw `PasskeyError`
 * where the device or its user does not give one.
 */

export { PasskeyError, type PasskeyProblem } from "./factors/ceremony.js";
export {
  forgetDevice,
  forgetDevices,
  type TrustedDevice,
  trustedDevices,
} from "./factors/devices.js";
export { mailSignInCode, resendSignInCode, signInWithMailCode, signInWithMailLink } from "./factors/mail.js";
export {
  type AppFactor,
  type AppSetUp,
  confirmApp,
  type Factor,
  factors,
  newRecoveryCodes,
  type PasskeyFactor,
  type RecoveryFactor,
  removeApp,
  setUpApp,
} from "./factors/own.js";
export {
  addPasskey,
  canAutofillPasskeys,
  canUsePasskeys,
  removePasskeys,
  renamePasskey,
  signInWithPasskey,
} from "./factors/passkeys.js";
export {
  beginProviderToken,
  finishProvider,
  finishProviderToken,
  type LinkedAccount,
  linkedAccounts,
  type Provider,
  type ProviderToken,
  providerSignUp,
  providers,
  startProvider,
  unlinkAccount,
} from "./factors/providers.js";
export { secondFactor, secondFactorWithPasskey } from "./factors/second.js";
export {
  mailStepUpCode,
  onStepUp,
  type StepUp,
  type StepUpMethod,
  stepUpWithCode,
  stepUpWithMailCode,
  stepUpWithPasskey,
  stepUpWithPassword,
} from "./factors/step-up.js";
