package dev.raftsman.wal;

/**
 * The threads we start in an application's JVM: daemons with a name, and with nothing of the thread that happened to start
 * them. That may be a request of one web application among several; its context class loader and its inheritable
 * thread-locals would be kept for as long as the log is open, and the queue looks for parts of itself through the former.
 */
public final class OwnThread {
    private OwnThread() {}

    /** Not started. */
    public static Thread of(String name, Runnable work) {
        Thread thread = new Thread(null, work, name, 0, false);
        thread.setDaemon(true);
        thread.setContextClassLoader(OwnThread.class.getClassLoader());
        return thread;
    }
}
