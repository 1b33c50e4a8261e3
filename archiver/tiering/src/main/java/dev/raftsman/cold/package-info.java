/**
 * The cold object: sealed segments of one stream, recoded once and without loss. What a segment says in blocks as they came
 * from the host, it says in columns over megabytes, where what is alike lies together.
 *
 * <p>Lossless means: of every record the Raft index, the epoch, the stamp, the header of the block but for codec, length and
 * checksum, and the columns, byte for byte; of every segment its header, its producers, what sealed it. {@link
 * dev.raftsman.cold.Comparison} proves it by decoding, before anything counts as archived. The same segments give the same
 * bytes with the same version and settings; readers never need that.
 *
 * <pre>
 * OBJECT  0 u32 magic 'RCO1'   4 u32 version = 3   8 cold blocks, one behind the other
 *         index: one zstd frame          then the last 32 bytes:
 *         0 i64 offset of the index      8 i32 its length   12 i32 inflated     16 i32 CRC32C of its bytes as stored
 *        20 u32 version = 3             24 i32 CRC32C of bytes 0 to 24          28 u32 magic 'RCE1'
 *
 * INDEX   varint number of the stream, text tenant, text stream                 (text: varint length, UTF-8)
 *         varint segments, for each:
 *           varint base, zigzag openedAtMillis, varint bytes and u8[32] SHA-256 of the segment's file,
 *           varint Raft index and zigzag stampMillis of the entry that sealed it,
 *           varint blocks, events, rawBytes, gapEvents, lostEvents, u8 level bitmap, zigzag minTimeNanos, maxTimeNanos,
 *           varint producers, for each: varint epoch, i64 i64 incarnation, text producer, varint first, count
 *         varint cold blocks, for each:
 *           varint length, i32 CRC32C of its bytes, varint plain bytes, raw bytes, first and last segment by place,
 *           first and last Raft index, records, events, u8 level bitmap, zigzag minTimeNanos, maxTimeNanos,
 *           filter of words: {@link dev.raftsman.search.TokenFilter}
 *
 * COLD BLOCK   varint lanes, for each: varint bytes, varint bytes stored; then the lanes, each one zstd frame where that is
 *              shorter, else as it is. Lanes by number:
 *   0 meta       what follows, in this order
 *   1 small      columns below 1 KiB
 *   2 opaque     of each record its labels, or all its columns if it is stored as it is
 *   3 templates  each with 0x11 where a variable was and a newline behind it, the most used first
 *   4 ids        of each line its template, from 1; 0 for a line stored as it is. Where there are 224 templates or more,
 *                ids from 224 on take two bytes: 224 + (id - 224) / 256, (id - 224) mod 256
 *   5 text       variables of columns below 1 KiB, and those that are the same in all lines
 *   6 plain      lines stored as they are, each with a newline behind it
 *   7 to 18      the twelve columns of events, one behind the other; 7 only where times are not numbers; 18 is empty
 *   19 and on    columns of 1 KiB and more, in the order in which meta describes them
 *
 * META    varint records; numbers, one column each: segment by place, how it is stored (0 as it is, 1 lines, 2 events),
 *         bytes of labels, Raft index, epoch, stamp, bytes of columns, kind, flags, first sequence less the one expected of
 *         its epoch, count, raw bytes less those of columns without labels, reason, levels, reserved, lostCount,
 *         minTimeNanos, maxTimeNanos less minTimeNanos, CRC32C of the block as it was
 *         if any record is stored as events: numbers, the lengths of their twelve columns, column by column; u8 1 and
 *         numbers: the times of all events; or u8 0
 *         varint templates; for each, for each of its variables: a column ({@link dev.raftsman.cold.Variables}) over
 *         the lines of that template
 *
 * NUMBERS u8 width 0-8 | 16 differences from one to the next, zigzag | 32 divided; zigzag base; if divided varint divisor;
 *         then width columns of a byte a number, the lowest byte first
 * </pre>
 *
 * Little endian throughout. Version 2 has no filter of more than 32 KiB. Version 1 has neither that, nor columns of digits of any
 * width, nor any that follow others ({@link dev.raftsman.cold.Variables}), nor more than 4,096 choices in a column. Else they are the
 * same, and are still read.
 *
 * <p>A line is what ends in a newline, or with its record; of events, message and throwable are
 * pieces with an end of their own. Runs of letters and digits that hold a digit, or are four or more letters a to f, are
 * variables; all the rest is the template. Where that leaves too many templates, as of paths and names without a digit, lines
 * are taken apart by their fields instead ({@link dev.raftsman.cold.FieldSplitter}). Lines whose template only they have are
 * stored as they are.
 *
 * <p>Whatever is read is checked before it is believed: lengths and counts against what is there before anything of that size
 * is allocated, checksums, and that everything was used up. What does not agree is {@link
 * dev.raftsman.cold.CorruptColdObjectException} with key and offset.
 *
 * <p>Enters: segments ({@link dev.raftsman.segment}). Leaves: objects; blocks as they were. Each writer and reader belongs to
 * one thread. Start reading at {@link dev.raftsman.cold.ColdObjectWriter}, then {@link dev.raftsman.cold.TextEncoder}.
 */
package dev.raftsman.cold;
