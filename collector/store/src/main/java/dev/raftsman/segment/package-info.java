/**
 * The segment file: blocks of one stream in the order of the Raft log, verbatim, with all that is needed to read them
 * years later without any cluster. Every node writes the same bytes.
 *
 * <pre>
 * HEADER   0 u32 magic 'RSG1'            4 i32 length of the header       8 u8 version = 1     9 u8 0
 *         10 u16 tenantLength           12 u16 streamLength             14 u16 0
 *         16 i32 stream number          20 i32 0                        24 i64 base: Raft index of the first entry
 *         32 i64 openedAtMillis         40 tenant, stream: UTF-8        then i32 CRC32C of all before
 *
 * RECORD   0 i32 length of the body      4 u8 type   5 u8 0   6 u16 0    8 i64 Raft index
 *         16 i64 epoch                  24 i64 stampMillis of the entry
 *         32 i32 check of the body      36 i32 CRC32C of bytes 0 to 36  40 body
 *
 *  type 1 EPOCH   before the first block of an epoch in this segment; check = CRC32C of the body:
 *                 0 i64, i64 incarnation (UUID, most significant half first)  16 u16 producerLength  18 producer: UTF-8
 *  type 2 BLOCK   the block of {@link dev.raftsman.block}, untouched; check = the block's own CRC32C
 *  type 3 FOOTER  the last record of a sealed segment; epoch 0; check = CRC32C of the body:
 *                 0 u8[32] SHA-256 of the file before this record
 *                32 i64 blocks   40 i64 events   48 i64 rawBytes   56 i64 gapEvents   64 i64 lostEvents
 *                80 i64 minTimeNanos   88 i64 maxTimeNanos (offset 72: i32 level bitmap, i32 0)
 *                96 i32 rangeCount, i32 spanCount
 *               104 ranges: {i64 epoch, i64 first, i64 count}, in the order of first appearance
 *                   spans:  {i64 offset, i32 blocks, i32 level bitmap, i64 minTimeNanos, i64 maxTimeNanos}: runs of
 *                           records of about 256 KiB, to skip by time or level without reading them
 *                   i32 length of the whole FOOTER record, u32 magic 'RSE1': the file's last 8 bytes
 * </pre>
 *
 * Little endian throughout. A file that ends between two records without a footer is one still being written, or a copy
 * of such; one that ends inside a record has a torn tail, which readers leave alone and report. Whatever else does not
 * agree is damage: {@link dev.raftsman.segment.CorruptSegmentException} names file, offset, expected and found.
 *
 * <p>A consumer's place in a stream is an {@link dev.raftsman.segment.Offset}: the entry's Raft index and a count within what
 * the entry brought to the stream ({@link dev.raftsman.segment.OffsetCounter}). It is in no file; the records' indexes and order
 * give it, and both go into the cold object and back.
 *
 * <p>Enters: blocks accepted by the state machine. Leaves: files, and what {@link dev.raftsman.segment.SegmentReader}
 * finds in them. One thread owns each writer and each reader. Begin with the reader.
 */
package dev.raftsman.segment;
