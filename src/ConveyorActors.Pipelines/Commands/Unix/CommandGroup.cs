using System.Runtime.Versioning;

namespace ConveyorActors.Pipelines.Commands.Unix;

/// <summary>A running command with all processes of its process group.</summary>
/// <remarks>
/// Safe for use by many threads. The group is killed only until its leader is reaped, because its number may be reused
/// after that.
/// </remarks>
[UnsupportedOSPlatform("windows")]
sealed class CommandGroup
{
    /// <summary>
    /// The number of searches for remaining processes. Each may find processes that those of the previous search had
    /// just started.
    /// </summary>
    const int KillRounds = 3;

    static readonly ReaderWriterLockSlim Starting = new();
    static readonly HashSet<CommandGroup> Running = [];

    /// <summary>The time that the end of this process waits for commands which are being started.</summary>
    static readonly TimeSpan StartGrace = TimeSpan.FromSeconds(2);
    static bool isOver;

    readonly Lock gate = new();
    readonly string mark;
    bool isReaped;

    static CommandGroup() => AppDomain.CurrentDomain.ProcessExit += (_, _) => KillAll();

    CommandGroup(int pid, string mark) => (Pid, this.mark) = (pid, mark);

    public int Pid { get; }

    /// <summary>Starts a command: directly if it is plain, else in a shell. See <see cref="Spawner"/>.</summary>
    /// <exception cref="OperationCanceledException">This process is ending.</exception>
    public static CommandGroup Start(string command, int input, int output, int error)
    {
        Watchdog.EnsureStarted();
        var mark = ProcessTree.CreateMark();
        Starting.EnterReadLock();
        try
        {
            if (isOver)
                throw new OperationCanceledException("the process is ending");
            var setting = $"{ProcessTree.Mark}={mark}";
            // A program that is gone or no binary is left to the shell, which explains it.
            var pid =
                PlainEnvironment.IsUnchangedByShell
                && PlainCommand.FindProgram(command) is { } plain
                && Spawner.TryStart(plain.Path, plain.Words, input, output, error, setting) is { } started
                    ? started
                    : Spawner.Start(command, [], input, output, error, setting);
            var group = new CommandGroup(pid, mark);
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
    /// Kills all running commands and prevents new ones, because this process is about to end. The input of the
    /// commands stays open until they are dead.
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
        // If commands were running, the watchdog kills the processes that have left their groups.
        if (all.Length == 0)
            Watchdog.End();
    }

    /// <summary>Gets whether the command itself has ended; other processes of its group may still run.</summary>
    public bool HasEnded => LibC.HasEnded(Pid);

    /// <summary>Kills all processes of the group.</summary>
    public void Kill()
    {
        lock (gate)
            if (!isReaped)
                _ = LibC.Kill(-Pid, LibC.SigKill);
    }

    /// <summary>
    /// Kills the group, and processes that have moved to a session of their own if the system can find them.
    /// </summary>
    public void KillWithStragglers()
    {
        Kill();
        for (var round = 0; round < KillRounds && ProcessTree.KillMarked(mark); round++)
            Kill();
    }

    /// <summary>
    /// Kills the remaining processes of the group of a command that has ended, and returns its exit code; null if
    /// another part of the process has collected it.
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
