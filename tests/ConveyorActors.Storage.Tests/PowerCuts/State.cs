namespace ConveyorActors.Storage.Tests.PowerCuts;

/// <summary>What one record is known by, and how often it was returned.</summary>
readonly record struct Item(int Number, int Retries);

/// <summary>All that a data directory has to remember, as plain words that can be compared.</summary>
sealed record State
{
    public const string Pipeline = "p";
    public static readonly string[] Stages = ["one", "two"];
    public static readonly string[] Sources = ["a", "b"];

    /// <summary>Lines by stage and source, in order.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<Item>> Pending { get; init; }

    /// <summary>By stage, oldest first.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Dead { get; init; }

    public long Completed { get; init; }

    public string Note { get; init; } = "";

    public static State Empty { get; } =
        new()
        {
            Pending = Stages
                .SelectMany(stage => Sources.Select(source => $"{stage}/{source}"))
                .ToDictionary(k => k, IReadOnlyList<Item> (_) => []),
            Dead = Stages.ToDictionary(s => s, IReadOnlyList<string> (_) => []),
        };

    public string Text =>
        string.Join(
            '\n',
            Pending
                .OrderBy(l => l.Key, StringComparer.Ordinal)
                .Select(l => $"{l.Key}: {string.Join(' ', l.Value.Select(i => $"{i.Number}x{i.Retries}"))}")
        )
        + "\n"
        + string.Join(
            '\n',
            Dead.OrderBy(d => d.Key, StringComparer.Ordinal)
                .Select(d => $"dead in {d.Key}: {string.Join(' ', d.Value)}")
        )
        + $"\ncompleted: {Completed}, note: {Note}";

    /// <summary>What is in a directory. Every byte of every record is looked at.</summary>
    public static State In(DataDirectory directory)
    {
        var pipeline = directory.ReadContents().Pipelines.SingleOrDefault();
        return new()
        {
            Pending = Stages
                .SelectMany(stage =>
                {
                    var there = directory.Peek(Pipeline, stage, int.MaxValue);
                    foreach (var record in there)
                        Assert.True(
                            record.Record.Payload.Span.SequenceEqual(Make(NumberOf(record)).Payload.Span),
                            $"record {record.Record.Id} has other bytes"
                        );
                    return Sources.Select(source =>
                        (
                            $"{stage}/{source}",
                            (IReadOnlyList<Item>)
                                [
                                    .. there
                                        .Where(r => r.SourceId == source)
                                        .Select(r => new Item(NumberOf(r), r.RetryCount)),
                                ]
                        )
                    );
                })
                .ToDictionary(l => l.Item1, l => l.Item2),
            Dead = Stages.ToDictionary(
                s => s,
                IReadOnlyList<string> (s) => [.. directory.GetDeadLetters(Pipeline, s).Select(d => d.Record.Record.Id)]
            ),
            Completed = pipeline?.Stages.Sum(s => s.Completed) ?? 0,
            Note = pipeline?.Checkpoints.GetValueOrDefault("n") ?? "",
        };
    }

    /// <summary>The state in which one line is another.</summary>
    public State With(string stage, string source, IEnumerable<Item> line) =>
        this with
        {
            Pending = new Dictionary<string, IReadOnlyList<Item>>(Pending) { [$"{stage}/{source}"] = [.. line] },
        };

    public State WithDead(string stage, IEnumerable<string> dead) =>
        this with
        {
            Dead = new Dictionary<string, IReadOnlyList<string>>(Dead) { [stage] = [.. dead] },
        };

    public IReadOnlyList<Item> Line(string stage, string source) => Pending[$"{stage}/{source}"];

    public static ConveyorRecord Make(int number)
    {
        var payload = new byte[number % 7 == 0 ? number % 5_000 : number % 300];
        new Random(number).NextBytes(payload);
        return new(number.ToString(), payload);
    }

    public static int NumberOf(BufferedRecord<ConveyorRecord> record) => int.Parse(record.Record.Id);
}
