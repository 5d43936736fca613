import type { ActivityEvent } from "@keyturn/client/account";
import type { ReactNode } from "react";
import { Badge, Icon, Row } from "../../design";
import { classes } from "../../design/classes";
import { useFormat, useLocale, useWords } from "../../i18n";
import "../shared/shared.css";
import { useDeviceWords } from "../shared/device-words";
import { clockTime, moment } from "../shared/moments";
import { meaningOf, type Tone } from "./meaning";

const ROW_TONES: Readonly<Record<Tone, "accent" | "warn" | "bad" | undefined>> = {
  good: "accent",
  plain: undefined,
  notice: "warn",
  alarm: "bad",
};

/** One event: what, from which device, from where, when. All of it is text, whoever wrote it. */
export function EventRow({ event }: { readonly event: ActivityEvent }): ReactNode {
  const { activity: words } = useWords();
  const { locale } = useLocale();
  const format = useFormat();
  const device = useDeviceWords();
  const { icon, tone } = meaningOf(event.event);
  const at = moment(event.at);
  const by = event.by_administrator ? null : event.user_agent === "" ? null : device(event.user_agent);
  const rowTone = ROW_TONES[tone];
  return (
    <Row
      icon={icon}
      {...(rowTone && { tone: rowTone })}
      title={
        <>
          <span className={classes("event__words", tone === "alarm" && "event__words--alarm")}>
            {event.message}
          </span>
          {event.by_administrator && <Badge tone="warn">{words.byAdministrator}</Badge>}
        </>
      }
      about={
        <span className="facts-line event__facts">
          {by !== null && (
            <span className="event__device">
              <Icon name={by.icon} size={16} />
              {by.name}
            </span>
          )}
          {event.ip !== null && <span>{event.ip}</span>}
          {event.current && <span className="event__here">{words.thisDevice}</span>}
        </span>
      }
      deed={
        at !== null && (
          <time className="event__time" dateTime={event.at} title={format.time(event.at)}>
            {clockTime(at, locale)}
          </time>
        )
      }
    />
  );
}
