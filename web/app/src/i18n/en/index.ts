import { activity } from "./activity";
import { basic } from "./basic";
import { home } from "./home";
import { profile } from "./profile";
import { security } from "./security";

/** English: the language that the others are typed by. */
export const en = { ...basic, home, profile, security, activity };

export type Words = typeof en;
