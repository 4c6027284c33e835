/** Plain data: what node state, messages, durable records and plans are made of. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
