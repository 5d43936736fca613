/** The design system: everything that the screens are made of. Colours and sizes are in tokens.css. */

export { Button, ButtonLink, type ButtonProps, Buttons } from "./button";
export { Card } from "./card";
export { Checkbox } from "./checkbox";
export { CodeField } from "./code-field";
export { Dialog } from "./dialog";
export { Divider } from "./divider";
export { EmailField } from "./email-field";
export { Field, type FieldProps } from "./field";
export { Icon, type IconName } from "./icon";
export { Mark } from "./mark";
export { Notice, type Tone } from "./notice";
export { Page } from "./page";
export { PasswordField } from "./password-field";
export { Fact, Facts, Row, Rows } from "./rows";
export { Sign, type SignName } from "./sign";
export { Avatar, Badge, Empty, Skeleton, Spinner } from "./small";
export { UsernameField } from "./username-field";
