using System.Runtime.Versioning;
using ConveyorActors.Pipelines.Files;

namespace ConveyorActors.Pipelines.Commands.Unix;

/// <summary>
/// A small shell beside this process that kills all its commands when it dies without having been able to do so itself
/// (kill -9).
/// </summary>
/// <remarks>
/// It also reports signals: it is in a session of its own as the commands are, so a signal that reaches it was sent to
/// every process (systemctl stop), and the commands got it too. It waits for the end of a pipe that only this process
/// holds open, and finds the commands by the mark in their environment. Linux only: elsewhere there is no /proc to look
/// in.
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
        heard = -1;

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
                var (read, write) = LibC.Pipe();
                var (heardRead, heardWrite) = LibC.Pipe();
                using var nothing = new FileStream("/dev/null", FileMode.Open, FileAccess.ReadWrite);
                var fd = (int)nothing.SafeFileHandle.DangerousGetHandle();
                try
                {
                    Spawner.Start(
                        Script,
                        ["conveyor-watchdog", $"{ProcessTree.Mark}={ProcessTree.Run}"],
                        read,
                        heardWrite,
                        fd,
                        mark: null
                    );
                    (pipe, heard) = (write, heardRead);
                }
                catch (IOException)
                {
                    _ = LibC.Close(write);
                    _ = LibC.Close(heardRead);
                    throw;
                }
                finally
                {
                    _ = LibC.Close(read);
                    _ = LibC.Close(heardWrite);
                }
            }
            catch (Exception e) when (Failures.IsFileError(e))
            {
                // Without it a run that is killed leaves its commands behind; with this the first command says the
                // same, and louder.
            }
            Volatile.Write(ref isStarted, true);
        }
    }

    /// <summary>Whether a signal that ends a run was sent to every process, the commands included.</summary>
    /// <param name="milliseconds">How long to wait for it.</param>
    public static bool HasHeardSignal(int milliseconds)
    {
        lock (Gate)
            return heard >= 0 && Look(milliseconds);
    }

    /// <summary>Clears the report of a signal that was not meant for the run.</summary>
    public static void ForgetSignals()
    {
        Span<byte> bytes = stackalloc byte[64];
        lock (Gate)
            while (heard >= 0 && Look(0) && LibC.Read(heard, bytes) > 0) { }
    }

    static bool Look(int milliseconds)
    {
        Span<LibC.PollFd> one = [new() { Fd = heard, Events = LibC.PollIn }];
        return LibC.Poll(one, milliseconds) > 0 && (one[0].Happened & LibC.PollIn) != 0;
    }

    /// <summary>The commands are dead, or may live: nothing is left to do for it.</summary>
    public static void Dismiss()
    {
        lock (Gate)
            if (pipe >= 0)
                _ = LibC.Write(pipe, "go\n"u8.ToArray(), 3);
    }
}
