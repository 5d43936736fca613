import type { ReactNode } from "react";
import { Link } from "wouter";
import { config } from "../config";
import { Mark } from "../design";
import { PATHS } from "./paths";

/** The sign and the name of the site, which lead to its first page. */
export function Brand(): ReactNode {
  return (
    <Link href={PATHS.home} className="brand">
      <Mark />
      <span className="brand__name">{config.siteName}</span>
    </Link>
  );
}
