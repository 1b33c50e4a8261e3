/**
 * The door to the disk: the few things that must be done in the right order to survive a power cut.
 *
 * <p>A file that was written and forced can still be gone after a power cut if its directory entry was not: a new or
 * renamed name is durable only once the directory itself was forced. Everything here that says "durable" has done both.
 */
package dev.raftsman.disk;
