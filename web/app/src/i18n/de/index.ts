import type { Words } from "../en";
import { activity } from "./activity";
import { basic } from "./basic";
import { factors } from "./factors";
import { home } from "./home";
import { profile } from "./profile";
import { refusals } from "./refusals";
import { security } from "./security";
import { steps } from "./steps";

/** German, all of it. */
export const de: Words = { ...basic, refusals, steps, home, profile, security, factors, activity };
