import type { ReactNode } from "react";
import { Link } from "wouter";
import { Sign } from "../design";
import { useBasicWords } from "../i18n";
import { PATHS } from "../shell/paths";

/** The way out of a flow. */
export function BackToSignIn(): ReactNode {
  const { entry } = useBasicWords();
  return (
    <p className="entry__other">
      <Link className="entry__back" href={PATHS.signIn}>
        <Sign name="back" size={16} /> {entry.forgot.back}
      </Link>
    </p>
  );
}
