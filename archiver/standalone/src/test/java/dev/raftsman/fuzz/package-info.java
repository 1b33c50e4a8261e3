/**
 * Bytes that nobody meant: what is read from a socket, a file or the log of the engine, fuzzed by Jazzer. Each class is one
 * target and says which errors it may end in; any other throwable, or more memory than the cap it states, is a finding.
 *
 * <pre>
 *  mvn -Pfuzz test -pl archiver/standalone -am                                   every target, 60 s each
 *  JAZZER_MAX_DURATION=1h mvn -Pfuzz test -pl archiver/standalone -am \
 *      -Dtest=SegmentFuzzTest                                                    one of them, longer
 * </pre>
 *
 * <p>Without the profile the targets are plain tests over what is kept below {@code src/test/resources}: the seeds that
 * {@link dev.raftsman.fuzz.Seeds} makes, and each input that ever was a finding, which Jazzer puts there itself. What it
 * found interesting on the way stays in {@code .cifuzz-corpus}, for the next run on the same machine.
 *
 * <p>Formats with a checksum would keep a fuzzer at the door for ever. Where the first byte of an input says so ({@link
 * dev.raftsman.fuzz.Input}) the target puts length, magic and checksums right before it reads, so that what lies behind them
 * is reached too.
 */
package dev.raftsman.fuzz;
