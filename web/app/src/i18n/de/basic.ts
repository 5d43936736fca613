import type { BasicWords } from "../en/basic";
import { common } from "./common";
import { entry } from "./entry";
import { problems } from "./problems";
import { reasons } from "./reasons";

/** German, in the polite form: what the first page needs. */
export const basic: BasicWords = { common, entry, problems, reasons };
