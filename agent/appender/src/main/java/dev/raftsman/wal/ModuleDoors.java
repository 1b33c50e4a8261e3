package dev.raftsman.wal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import net.openhft.chronicle.core.shutdown.PriorityHook;

/**
 * Opens the doors of {@code java.base} that Chronicle Queue goes through, so that no application needs a JVM flag for
 * its logging. Without them the queue does not degrade, it throws Errors.
 *
 * <p>The key is a trusted {@code Lookup}, made through the constructor access that {@code jdk.unsupported} keeps for
 * serialization libraries. {@code sun.misc.Unsafe} would give it too, but JDK 24 and later print a warning at its first
 * use; with the lookup in hand that warning (for the queue's own use of it) and the one about native access are spared
 * the application's stderr.
 *
 * <p>This goes around encapsulation on purpose. {@code -Draftsman.openModules=false} keeps the doors shut; then the JVM
 * needs {@value #FLAGS}.
 */
final class ModuleDoors {
    static final String FLAGS = "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED"
            + " --add-exports=java.base/jdk.internal.ref=ALL-UNNAMED"
            + " --add-opens=java.base/java.lang.reflect=ALL-UNNAMED";

    private static final String[] EXPORTS = {"sun.nio.ch", "jdk.internal.ref"};
    private static final String[] OPENS = {"java.lang.reflect", "sun.nio.ch"};

    /** Of {@code Lookup}: may do everything. */
    private static final int TRUSTED = -1;

    private static boolean opened;

    private ModuleDoors() {}

    /** Any thread, before the first class of the queue is touched. */
    static synchronized void open() {
        if (opened) {
            return;
        }
        opened = true;
        preset("chronicle.analytics.disable", "true");
        preset("chronicle.announcer.disable", "true");
        preset("chronicle.disk.monitor.disable", "true"); // only warns, with a thread of its own; our reserve refuses
        preset("background.releaser", "false"); // a thread without end, to unmap files; the flusher does that itself
        sparePriorityHook();
        if (!Boolean.parseBoolean(System.getProperty("raftsman.openModules", "true"))) {
            return;
        }
        try {
            Lookup trusted = trustedLookup();
            Module base = Object.class.getModule();
            MethodType named = MethodType.methodType(void.class, String.class);
            for (String name : EXPORTS) {
                trusted.findVirtual(Module.class, "implAddExportsToAllUnnamed", named)
                        .invoke(base, name);
            }
            for (String name : OPENS) {
                trusted.findVirtual(Module.class, "implAddOpensToAllUnnamed", named)
                        .invoke(base, name);
            }
            silence(trusted);
        } catch (Throwable refused) {
            throw new WalException("this JVM does not let its modules be opened; start it with " + FLAGS, refused);
        }
    }

    private static void preset(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    /**
     * The queue adds a shutdown hook for what its releasing thread has still to do, and we have it do nothing there. The hook
     * would keep the application's class loader for ever, and adding it fails in a JVM that is already going down: the
     * log of a program that runs for less time than the queue takes to load could not be opened. So the queue is told
     * that its hook is there.
     */
    private static void sparePriorityHook() {
        try {
            Field registered = PriorityHook.class.getDeclaredField("registeredHook");
            registered.setAccessible(true);
            if (registered.get(null) == null) {
                Constructor<PriorityHook> hook = PriorityHook.class.getDeclaredConstructor();
                hook.setAccessible(true);
                registered.set(null, hook.newInstance());
            }
        } catch (ReflectiveOperationException changed) {
            // Then the queue has its hook; a test of the finished jar would have seen it.
        }
    }

    private static Lookup trustedLookup() throws ReflectiveOperationException {
        Class<?> factoryClass = Class.forName("sun.reflect.ReflectionFactory");
        Object factory = factoryClass.getMethod("getReflectionFactory").invoke(null);
        Constructor<?> hidden = Lookup.class.getDeclaredConstructor(Class.class, Class.class, int.class);
        Constructor<?> open = (Constructor<?>) factoryClass
                .getMethod("newConstructorForSerialization", Class.class, Constructor.class)
                .invoke(factory, Lookup.class, hidden);
        return (Lookup) open.newInstance(Object.class, null, TRUSTED);
    }

    /** Each part is absent in some JVM; then there is no warning to spare either. */
    private static void silence(Lookup trusted) throws Throwable {
        try {
            trusted.findStatic(Module.class, "implAddEnableNativeAccessToAllUnnamed", MethodType.methodType(void.class))
                    .invoke();
        } catch (NoSuchMethodException before22) {
            // Native access is not warned of.
        }
        try {
            MethodHandles.Lookup lookup = trusted;
            Object warnedNow = lookup.findStatic(
                            Class.forName("sun.misc.Unsafe"),
                            "trySetMemoryAccessWarned",
                            MethodType.methodType(boolean.class))
                    .invoke();
            assert warnedNow != null;
        } catch (NoSuchMethodException before24) {
            // Unsafe is not warned of.
        }
    }
}
