import { expect, test } from "vitest";
import { en } from "../../i18n/en";
import { providerProblem } from "./problems";

const sentences = en.steps.provider.errors;

test.each([
  ["", null],
  ["?next=%2Fsecurity", null],
  ["?error=cancelled", sentences.cancelled],
  ["?error=access_denied&next=%2F", sentences.cancelled],
  ["?error=provider_unavailable", sentences.unavailable],
  ["?error=provider_refused", sentences.refused],
  ["?error=", sentences.other],
  ["?error=constructor", sentences.other],
  ["?error=%3Cscript%3E", sentences.other],
])("%j says %j", (search, said) => {
  expect(providerProblem(search, sentences)).toBe(said);
});
