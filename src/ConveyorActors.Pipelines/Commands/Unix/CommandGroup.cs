using System.Runtime.Versioning;

namespace ConveyorActors.Pipelines.Commands.Unix;

/// <summary>A command that was started, with all that is in its process group.</summary>
/// <remarks>
/// Safe for any thread. The group is killed only while its leader is not reaped: after that its number may be
/// another's.
/// </remarks>
[UnsupportedOSPlatform("windows")]
sealed class CommandGroup
{
    /// <summary>
    /// How often a command's stragglers are looked for: each look may find what an earlier one had just started.
    /// </summary>
    const int Looks = 3;

    static readonly ReaderWriterLockSlim Starting = new();
    static readonly HashSet<CommandGroup> Running = [];

    /// <summary>How long the end of the process waits for commands that are just being started.</summary>
    static readonly TimeSpan StartGrace = TimeSpan.FromSeconds(2);
    static bool isOver;

    readonly Lock gate = new();
    readonly string mark;
    bool isReaped;

    static CommandGroup() => AppDomain.CurrentDomain.ProcessExit += (_, _) => KillAll();

    CommandGroup(int pid, string mark) => (Pid, this.mark) = (pid, mark);

    public int Pid { get; }

    /// <summary>Starts a command; see <see cref="Spawner.Start"/>.</summary>
    /// <exception cref="OperationCanceledException">This process is ending.</exception>
    public static CommandGroup Start(string command, int input, int output, int error)
    {
        Watchdog.EnsureStarted();
        var mark = ProcessTree.NewMark();
        Starting.EnterReadLock();
        try
        {
            if (isOver)
                throw new OperationCanceledException("the process is ending");
            var group = new CommandGroup(
                Spawner.Start(command, [], input, output, error, $"{ProcessTree.Mark}={mark}"),
                mark
            );
            lock (Running)
                Running.Add(group);
            return group;
        }
        finally
        {
            Starting.ExitReadLock();
        }
    }

    /// <summary>
    /// Kills every command that runs and lets none begin: for a process that is about to end. Their input stays open
    /// until they are dead.
    /// </summary>
    public static void KillAll()
    {
        var isAlone = Starting.TryEnterWriteLock(StartGrace);
        isOver = true;
        CommandGroup[] all;
        lock (Running)
            all = [.. Running];
        foreach (var group in all)
            group.Kill();
        if (isAlone)
            Starting.ExitWriteLock();
        // Where some ran, the watchdog sees to what has left their groups.
        if (all.Length == 0)
            Watchdog.Dismiss();
    }

    /// <summary>Gets whether the command itself has ended; others of its group may live.</summary>
    public bool HasEnded => LibC.HasEnded(Pid);

    /// <summary>Ends all that is in the group.</summary>
    public void Kill()
    {
        lock (gate)
            if (!isReaped)
                _ = LibC.Kill(-Pid, LibC.SigKill);
    }

    /// <summary>Ends the group, and what has left it for a session of its own too, where the system can tell.</summary>
    public void KillWithStragglers()
    {
        Kill();
        for (var look = 0; look < Looks && ProcessTree.KillMarked(mark); look++)
            Kill();
    }

    /// <summary>
    /// Ends what is left of the group of a command that has ended, and returns its exit code; null when another part of
    /// the process has taken it.
    /// </summary>
    public int? Reap()
    {
        lock (gate)
        {
            _ = LibC.Kill(-Pid, LibC.SigKill);
            var code = LibC.Reap(Pid);
            isReaped = true;
            lock (Running)
                Running.Remove(this);
            return code;
        }
    }
}
