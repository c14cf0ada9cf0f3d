using FsCheck;
using Microsoft.FSharp.Core;
using Xunit.Abstractions;

namespace ConveyorActors.Buffers.Tests.Properties;

/// <summary>Runs a property on many random sequences of actions, says the seed, and shrinks what fails.</summary>
static class RandomRuns
{
    /// <summary>Each number is one action; what it means is the property's business.</summary>
    /// <param name="output">Where the seed goes.</param>
    /// <param name="sequences">How many in a whole run; a sample is a quarter of them.</param>
    /// <param name="property">Throws when it does not hold.</param>
    public static void Check(ITestOutputHelper output, int sequences, Action<int[]> property)
    {
        sequences = Thoroughness.Count("CONVEYOR_SEQUENCES", sequences / 4, sequences);
        // CONVEYOR_SEED repeats a run: the seed that a failed one printed.
        var seed = ulong.TryParse(Environment.GetEnvironmentVariable("CONVEYOR_SEED"), out var given)
            ? given
            : (ulong)Random.Shared.NextInt64();
        output.WriteLine($"{sequences:N0} sequences from CONVEYOR_SEED={seed}");
        Console.WriteLine(
            $"{property.Method.DeclaringType?.DeclaringType?.Name ?? property.Method.DeclaringType?.Name}: {sequences:N0} random action sequences, CONVEYOR_SEED={seed}"
        );
        var config = Config
            .QuickThrowOnFailure.WithMaxTest(sequences)
            .WithStartSize(4)
            .WithEndSize(60)
            .WithQuietOnSuccess(true)
            .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(seed, 1), FSharpOption<int>.None)));
        var actions = FsCheck.Fluent.Arb.ToArbitrary(
            FsCheck.Fluent.Gen.ArrayOf(FsCheck.Fluent.Gen.Choose(0, 1 << 24)),
            Shrink
        );
        FsCheck.Check.One(config, FsCheck.Fluent.Prop.ForAll(actions, property));
    }

    static IEnumerable<int[]> Shrink(int[] actions)
    {
        for (var size = actions.Length / 2; size >= 1; size /= 2)
        for (var start = 0; start + size <= actions.Length; start += size)
            yield return [.. actions[..start], .. actions[(start + size)..]];
    }
}

/// <summary>Takes an action's number apart, digit by digit.</summary>
struct Digits(int action)
{
    int rest = action;

    public int Next(int below)
    {
        var digit = rest % below;
        rest /= below;
        return digit;
    }
}
