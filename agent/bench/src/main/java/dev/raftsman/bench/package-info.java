/**
 * The appender beside the appenders people use: same event, same machine, same run.
 *
 * <p>In comes the name of a {@link dev.raftsman.bench.Setup}, out go figures. Every figure is taken in a JVM of its own that
 * runs one set-up; the set-ups take turns, round by round. No part of the distribution: it brings other people's appenders.
 *
 * <p>Begin with {@link dev.raftsman.bench.Load}, which is one set-up under load for a profiler.
 */
package dev.raftsman.bench;
