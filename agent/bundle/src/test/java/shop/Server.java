package shop;

import java.io.File;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;

/**
 * A server that deploys an application in a class loader of its own, undeploys it and looks whether the loader goes. Arguments:
 * the application's class path, its class (a {@link Runnable}: start, work, stop), and how often.
 */
public final class Server {
    private static final long LIMIT_MILLIS = 30_000;

    private Server() {}

    public static void main(String[] arguments) throws Exception {
        List<URL> classPath = new ArrayList<>();
        for (String element : arguments[0].split(File.pathSeparator)) {
            classPath.add(new File(element).toURI().toURL());
        }
        List<WeakReference<ClassLoader>> deployed = new ArrayList<>();
        for (int i = 0; i < Integer.parseInt(arguments[2]); i++) {
            deployed.add(new WeakReference<>(deploy(classPath, arguments[1])));
        }
        long deadline = System.currentTimeMillis() + LIMIT_MILLIS;
        for (WeakReference<ClassLoader> loader : deployed) {
            while (loader.get() != null && System.currentTimeMillis() < deadline) {
                System.gc();
                Thread.sleep(10);
            }
            System.out.println(loader.get() == null ? "collected" : "still there");
        }
        if (arguments.length > 3 && deployed.stream().anyMatch(loader -> loader.get() != null)) {
            dump(arguments[3]);
        }
    }

    private static ClassLoader deploy(List<URL> classPath, String application) throws Exception {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        URLClassLoader loader = new URLClassLoader(classPath.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
        thread.setContextClassLoader(loader);
        try {
            ((Runnable) loader.loadClass(application).getConstructor().newInstance()).run();
        } finally {
            thread.setContextClassLoader(before);
            loader.close();
        }
        return loader;
    }

    /** For whoever wants to know what holds it. */
    private static void dump(String file) throws Exception {
        java.lang.management.ManagementFactory.getPlatformMXBean(com.sun.management.HotSpotDiagnosticMXBean.class)
                .dumpHeap(file, true);
    }
}
