/**
 * What an event is, from the ring slot to the block builder.
 *
 * <p>An event is encoded once, as a <em>row</em>, straight into its ring slot; the same bytes lie in the raw batches of
 * the application's write-ahead log. All integers are little endian.
 *
 * <pre>
 *  0 i32 rowLength, the whole row      4 i64 timestampNanos since 1970-01-01T00:00Z
 * 12 u8  level ({@link dev.raftsman.event.Level#code()})       13 u8 flags: 1 = truncated
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
