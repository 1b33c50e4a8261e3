/**
 * What an event is, from the ring slot to the block builder.
 *
 * <p>An application's thread encodes an event once, as a <em>compact row</em>, straight into its ring slot ({@link
 * dev.raftsman.event.RowWriter}); the same bytes lie in the batches of its write-ahead log. What comes again and again, the
 * names of loggers, threads and attributes and the patterns of messages, is a number there ({@link
 * dev.raftsman.event.NameTable}), and each batch defines the numbers it uses ({@link dev.raftsman.event.RowBatch}), so that
 * it can be read alone, whatever happened to its neighbours. All integers are little endian; a text is a varint (LEB128)
 * of its length in bytes and UTF-8.
 *
 * <pre>
 *  compact row
 *  0 i32 rowLength, the whole row      4 i64 timestampNanos since 1970-01-01T00:00Z
 * 12 u8  level ({@link dev.raftsman.event.Level#code()})
 * 13 u8  flags: 1 = truncated, 2 = the message is a pattern with arguments, 4 = there is a throwable
 * 14 u16 attributeCount                16 u16 logger    18 u16 thread    20 u16 pattern; 0 = no number
 * 22 texts: the logger if it has no number, the thread if it has none, then
 *      the message; or with flag 2 the pattern if it has no number, u8 count of arguments, the arguments:
 *      each in place of the next "{}"; without an argument "{}" stays
 *      the throwable with flag 4; for each attribute the key if it has no number, and the value
 *    attributeCount × u16 key; 0 = no number
 *
 *  definition of a name    0 u16 number    2 u16 length    4 UTF-8
 * </pre>
 *
 * <p>A reader sees the <em>plain row</em> ({@link dev.raftsman.event.CompactRows} makes it, {@link
 * dev.raftsman.event.EventRow} shows it):
 *
 * <pre>
 *  0 i32 rowLength, the whole row      4 i64 timestampNanos
 * 12 u8  level                         13 u8 flags: 1 = truncated
 * 14 u16 attributeCount                16 u16 loggerLength           18 u16 threadLength
 * 20 i32 messageLength                 24 i32 throwableLength, 0 = none
 * 28 logger, thread, message, throwable: UTF-8 bytes, one after the other
 *    then for each attribute: u16 keyLength, i32 valueLength, key, value
 * </pre>
 *
 * <p>Identity: an {@code epoch} is a positive number that the cluster gives to one incarnation of one producer of one
 * stream; it rises and is never given twice. The sequences of an epoch begin at 0; "last" is -1 before the first.
 *
 * <p>No thread works here, no byte is owned here. Begin with {@link dev.raftsman.event.EventRow}.
 */
package dev.raftsman.event;
