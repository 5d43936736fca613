import type { Words } from "../en";
import { activity } from "./activity";
import { basic } from "./basic";
import { home } from "./home";
import { profile } from "./profile";
import { security } from "./security";

/** German, all of it. */
export const de: Words = { ...basic, home, profile, security, activity };
