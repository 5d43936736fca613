/** Forms: their state, their errors in place, and the server's words in the reader's. */
export { Form } from "./form";
export { problemOf, type Told } from "./problems";
export { type FormState, useForm } from "./use-form";
