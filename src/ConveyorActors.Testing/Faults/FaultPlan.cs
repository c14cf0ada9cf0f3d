using System.Collections.Concurrent;

namespace ConveyorActors.Testing.Faults;

/// <summary>Decides the fault of each call, from the seed and the number of earlier calls at the same point.</summary>
/// <remarks>Safe for use by many threads; calls at other points have no influence.</remarks>
sealed class FaultPlan(FaultSettings settings)
{
    readonly ConcurrentDictionary<FaultPoint, long> calls = new();

    /// <summary>Decides the fault of the next call at a point.</summary>
    /// <param name="point">The point.</param>
    /// <param name="mayBeRefused">Whether the call may be refused.</param>
    public CallFault DecideNext(FaultPoint point, bool mayBeRefused)
    {
        var number = calls.AddOrUpdate(point, 1, static (_, before) => before + 1);
        var state = point.Hash() ^ ((ulong)settings.Seed << 32) ^ (ulong)number;
        var (delayed, length, failed) = (Draw(ref state), Draw(ref state), Draw(ref state));
        var refusal = mayBeRefused ? settings.RefusalRate : 0;
        return new(
            number,
            delayed < settings.DelayRate ? settings.MaxDelay * length : TimeSpan.Zero,
            failed < refusal ? FaultKind.Refusal
                : failed < refusal + settings.LostReplyRate ? FaultKind.LostReply
                : failed < refusal + settings.LostReplyRate + settings.CrashRate ? FaultKind.Crash
                : FaultKind.None
        );
    }

    /// <summary>Returns the next number of the SplitMix64 sequence, from 0 to below 1.</summary>
    static double Draw(ref ulong state)
    {
        state += 0x9E37_79B9_7F4A_7C15;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        z ^= z >> 31;
        return (z >> 11) * (1.0 / (1UL << 53));
    }
}
