/**
 * Under the engine's own name, one class that stands in for the engine's, since it has no setting for it: see {@link
 * org.apache.ratis.server.raftlog.segmented.CacheInvalidationPolicy}. Found first on the class path, it is used.
 */
package org.apache.ratis.server.raftlog.segmented;
