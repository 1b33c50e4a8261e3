/** See {@link dev.raftsman.lib.slf4j}. */
package dev.raftsman.lib.slf4j.helpers;
