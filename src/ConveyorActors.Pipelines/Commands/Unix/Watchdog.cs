using System.Runtime.Versioning;
using ConveyorActors.Pipelines.Files;

namespace ConveyorActors.Pipelines.Commands.Unix;

/// <summary>
/// A small shell next to this process that kills all of its commands if it dies without being able to do so itself
/// (kill -9).
/// </summary>
/// <remarks>
/// The watchdog also reports signals. Like the commands it is in a session of its own, so a signal that reaches it was
/// sent to every process (systemctl stop), and the commands got it too. It waits for the end of a pipe that only this
/// process holds open, and finds the commands by the mark in their environment. Linux only, because it needs /proc.
/// </remarks>
[UnsupportedOSPlatform("windows")]
static class Watchdog
{
    const string Script = """
        trap '' PIPE TSTP TTIN TTOU
        trap 'heard=y; echo' HUP INT QUIT TERM
        while :; do heard=; read -r word && exit; [ "$heard" ] || break; done
        trap '' HUP INT QUIT TERM
        for look in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            found=$(grep -ls -e "$1" /proc/[0-9]*/environ)
            [ -n "$found" ] || exit
            for file in $found; do file=${file#/proc/}; kill -9 "${file%/environ}"; done
        done
        """;

    static readonly Lock Gate = new();
    static bool isStarted;
    static int pipe = -1,
        signalPipe = -1;

    public static void EnsureStarted()
    {
        if (Volatile.Read(ref isStarted) || !OperatingSystem.IsLinux())
            return;
        lock (Gate)
        {
            if (isStarted)
                return;
            try
            {
                var (read, write) = LibC.CreatePipe();
                var (signalRead, signalWrite) = LibC.CreatePipe();
                using var nothing = new FileStream("/dev/null", FileMode.Open, FileAccess.ReadWrite);
                var fd = (int)nothing.SafeFileHandle.DangerousGetHandle();
                try
                {
                    Spawner.Start(
                        Script,
                        ["conveyor-watchdog", $"{ProcessTree.Mark}={ProcessTree.Run}"],
                        read,
                        signalWrite,
                        fd,
                        mark: null
                    );
                    (pipe, signalPipe) = (write, signalRead);
                }
                catch (IOException)
                {
                    _ = LibC.Close(write);
                    _ = LibC.Close(signalRead);
                    throw;
                }
                finally
                {
                    _ = LibC.Close(read);
                    _ = LibC.Close(signalWrite);
                }
            }
            catch (Exception e) when (Failures.IsFileError(e))
            {
                // Without the watchdog, a killed run leaves its commands running. The first command reports the same
                // error more clearly.
            }
            Volatile.Write(ref isStarted, true);
        }
    }

    /// <summary>Returns whether a signal that ends a run was sent to every process including the commands.</summary>
    /// <param name="milliseconds">The maximum time to wait for the signal.</param>
    public static bool HasReceivedSignal(int milliseconds)
    {
        lock (Gate)
            return signalPipe >= 0 && Poll(milliseconds);
    }

    /// <summary>Clears the report of a signal that was not meant for the run.</summary>
    public static void ForgetSignals()
    {
        Span<byte> bytes = stackalloc byte[64];
        lock (Gate)
            while (signalPipe >= 0 && Poll(0) && LibC.Read(signalPipe, bytes) > 0) { }
    }

    static bool Poll(int milliseconds)
    {
        Span<LibC.PollFd> one = [new() { Fd = signalPipe, Events = LibC.PollIn }];
        return LibC.Poll(one, milliseconds) > 0 && (one[0].Happened & LibC.PollIn) != 0;
    }

    /// <summary>Ends the watchdog, because no commands are left that it must kill.</summary>
    public static void End()
    {
        lock (Gate)
            if (pipe >= 0)
                _ = LibC.Write(pipe, "go\n"u8.ToArray(), 3);
    }
}
