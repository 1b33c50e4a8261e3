/**
 * Under the engine's own name, one class that stands in for the engine's, since it has no setting for it: see {@link
 * org.apache.ratis.util.PureJavaCrc32C}. Found first on the class path, it is used; else all is well and slower.
 */
package org.apache.ratis.util;
