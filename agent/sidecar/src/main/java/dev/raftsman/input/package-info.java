/**
 * What the sidecar reads on its host: files as they grow, and where the WALs of applications are.
 *
 * <p>In come bytes of files ({@link dev.raftsman.input.FileInput}). Out go finished blocks, each with the checkpoint of
 * its source, through {@link dev.raftsman.input.BlockSink} into the sidecar's own WAL ({@link
 * dev.raftsman.input.BlockJournal}); the checkpoint's bytes are drawn in {@link dev.raftsman.input.SourceCheckpoint}.
 * The WALs of applications are only found here ({@link dev.raftsman.input.WalDiscovery}), they are read in place.
 *
 * <p>A file is known by device, inode and the sum of its first bytes, never by its name; it is its own buffer, so what
 * was not made into a block is read again. What rotation renamed before it was seen is looked for beside its name
 * ({@code FileHistory}). Thread: {@code raftsman-files}; it stops reading when the WAL has no room.
 */
package dev.raftsman.input;
