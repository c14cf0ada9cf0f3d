namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>
/// Starts a program again and again and kills it, most times while it is at work, and counts how often that was in the
/// middle of it.
/// </summary>
/// <param name="start">Starts it.</param>
/// <param name="progress">A number that grows as the work gets on.</param>
/// <param name="isOver">True when there is nothing left to do, by that number.</param>
sealed class Lives(Func<Conveyor> start, Func<long> progress, Func<long, bool> isOver)
{
    /// <summary>How long it lives at most after it has begun to work, in milliseconds.</summary>
    public int Longest { get; set; } = 200;

    /// <summary>
    /// Gets how many kills must be in the middle of the work. On a machine that is busy with other tests, up to four times
    /// as many kills are made for that.
    /// </summary>
    public int Fewest { get; init; }

    public int Kills { get; private set; }

    /// <summary>Kills that came after some of the work and before all of it.</summary>
    public int HalfDone { get; private set; }

    /// <summary>Until it has been killed so often or is through.</summary>
    /// <param name="most">Kills.</param>
    /// <param name="between">Done between two lives.</param>
    /// <returns>How it ended when it was not killed; null when it always was.</returns>
    public async Task<Conveyor.Result?> LiveAsync(int most, Action<int>? between = null)
    {
        var random = new Random();
        while (Kills < most || (HalfDone < Fewest && Kills < 4 * most))
        {
            between?.Invoke(Kills);
            var before = progress();
            using var conveyor = start();
            var end = conveyor.EndAsync();
            // One in four dies whenever it may be, before it has begun too; the others once they are at work.
            if (random.Next(4) == 0)
                await Task.WhenAny(end, Task.Delay(random.Next(50, 400)));
            else
            {
                while (!end.IsCompleted && progress() == before)
                    await Task.WhenAny(end, Task.Delay(2));
                await Task.WhenAny(end, Task.Delay(random.Next(Longest)));
            }
            if (!end.IsCompleted)
                conveyor.Signal("KILL");
            var result = await end;
            if (result.Exit != 137)
                return result;
            Kills++;
            if (progress() is > 0 and var now && !isOver(now))
                HalfDone++;
        }
        return null;
    }
}
