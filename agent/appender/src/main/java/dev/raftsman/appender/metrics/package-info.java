/**
 * What an appender says of itself to those who run the application: counts, fill, quota, state.
 *
 * <p>In come the figures of each {@link dev.raftsman.ring.EventRing}, read when somebody asks; out they go as a JMX bean,
 * registered as long as the appender is open, and to Micrometer, if the application binds {@link
 * dev.raftsman.appender.metrics.RaftsmanMetrics}. Nothing of either is loaded where it is absent, and nothing that goes
 * wrong here reaches the application. No thread works here. Begin with {@link
 * dev.raftsman.appender.metrics.AppenderFigures}.
 */
package dev.raftsman.appender.metrics;
