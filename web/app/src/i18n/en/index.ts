import { activity } from "./activity";
import { basic } from "./basic";
import { factors } from "./factors";
import { home } from "./home";
import { profile } from "./profile";
import { refusals } from "./refusals";
import { security } from "./security";
import { steps } from "./steps";

/** English: the language that the others are typed by. */
export const en = { ...basic, refusals, steps, home, profile, security, factors, activity };

export type Words = typeof en;
