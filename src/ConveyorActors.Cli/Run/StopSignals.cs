using System.Runtime.InteropServices;

namespace ConveyorActors.Cli.Run;

/// <summary>Ctrl-C and SIGTERM: the first asks for a clean stop, the second leaves at once.</summary>
sealed class StopSignals : IDisposable
{
    readonly CancellationTokenSource stop = new();
    readonly List<PosixSignalRegistration> registrations = [];
    readonly Action onFirst;
    readonly Action onSecond;
    int count;

    /// <param name="onFirst">Called on a thread of the runtime's.</param>
    /// <param name="onSecond">Must end the process.</param>
    public StopSignals(Action onFirst, Action onSecond)
    {
        this.onFirst = onFirst;
        this.onSecond = onSecond;
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM })
            registrations.Add(PosixSignalRegistration.Create(signal, Handle));
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => stop.Token;

    public void Dispose()
    {
        foreach (var registration in registrations) registration.Dispose();
        stop.Dispose();
    }

    void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref count) > 1)
        {
            onSecond();
            return;
        }

        onFirst();
        // Callbacks of the run must not hold up the next signal.
        _ = stop.CancelAsync();
    }
}
