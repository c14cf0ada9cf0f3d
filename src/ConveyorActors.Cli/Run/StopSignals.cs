using System.Globalization;
using System.Runtime.InteropServices;

namespace ConveyorActors.Cli.Run;

/// <summary>
/// Handles Ctrl-C, SIGTERM, SIGQUIT and SIGHUP: the first signal requests a clean stop, the second exits at once.
/// </summary>
sealed class StopSignals : IDisposable
{
    /// <summary>
    /// A signal repeated within this time was sent once, both to the process and to its group, as timeout(1) does.
    /// </summary>
    static readonly TimeSpan Echo = TimeSpan.FromMilliseconds(120);

    readonly Lock gate = new();
    readonly CancellationTokenSource stop = new();
    readonly List<PosixSignalRegistration> registrations = [];
    readonly Action onFirst;
    readonly Action onSecond;
    readonly TimeProvider clock;
    long firstAt;

    /// <param name="clock">The clock for the time between two signals.</param>
    /// <param name="onFirst">Called on a thread of the runtime at the first signal.</param>
    /// <param name="onSecond">Called at the second signal; must end the process.</param>
    public StopSignals(TimeProvider clock, Action onFirst, Action onSecond)
    {
        (this.clock, this.onFirst, this.onSecond) = (clock, onFirst, onSecond);
        // Under nohup SIGHUP stays ignored.
        PosixSignal[] signals = IsHangUpIgnored()
            ? [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGQUIT]
            : [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGQUIT, PosixSignal.SIGHUP];
        foreach (var signal in signals)
            registrations.Add(PosixSignalRegistration.Create(signal, Handle));
    }

    /// <summary>Gets the token that the first signal cancels.</summary>
    public CancellationToken Token => stop.Token;

    public void Dispose()
    {
        foreach (var registration in registrations)
            registration.Dispose();
        stop.Dispose();
    }

    /// <summary>Handles a signal. Safe for use by many threads.</summary>
    internal void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        bool isFirst,
            isEcho;
        lock (gate)
        {
            isFirst = firstAt == 0;
            isEcho = !isFirst && clock.GetElapsedTime(firstAt) < Echo;
            if (isFirst)
                firstAt = Math.Max(1, clock.GetTimestamp());
        }
        if (isEcho)
            return;
        if (!isFirst)
        {
            onSecond();
            return;
        }

        onFirst();
        // Callbacks of the run must not delay the next signal.
        _ = stop.CancelAsync();
    }

    static bool IsHangUpIgnored()
    {
        const string field = "SigIgn:";
        const ulong hangUp = 1;
        try
        {
            return OperatingSystem.IsLinux()
                && File.ReadLines("/proc/self/status")
                    .FirstOrDefault(l => l.StartsWith(field, StringComparison.Ordinal))
                    is { } line
                && (
                    ulong.Parse(line.AsSpan(field.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
                    & hangUp
                ) != 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return false;
        }
    }
}
