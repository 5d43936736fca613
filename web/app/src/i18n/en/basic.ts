import { common } from "./common";
import { entry } from "./entry";
import { problems } from "./problems";
import { reasons } from "./reasons";

/** What the first page needs. The rest comes with the pages for somebody signed in. */
export const basic = { common, entry, problems, reasons };

export type BasicWords = typeof basic;
