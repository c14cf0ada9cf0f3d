using System.Text;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Sinks;

namespace ConveyorActors.Pipelines.Tests.Sinks;

/// <summary>What was about to be written to a sink, kept beside the data.</summary>
public sealed class SinkPlanTests : IDisposable
{
    readonly TempDirectory temp = new();

    string Plan => temp.Path("plan");

    [Theory]
    [InlineData("settled\n", "Ours")]
    [InlineData("settled\no", "Ours")]
    [InlineData("settled\none\ntw", "Ours")]
    [InlineData("settled\none\ntwo\n", "Ours")]
    [InlineData("settled\none\ntwo\nm", "Foreign")]
    [InlineData("settled\none\nmine", "Foreign")]
    [InlineData("settled\n\0\0\0", "Foreign")]
    [InlineData("settlex\none\ntwo\n", "Foreign")]
    [InlineData("settle", "Foreign")]
    [InlineData("", "Foreign")]
    public void Only_a_prefix_of_the_plan_belongs_to_the_run(string sink, string verdict)
    {
        Write("settled\n", "one\ntwo\n");

        Assert.Equal(verdict, Check(sink));
    }

    [Fact]
    public void A_killed_run_recognizes_the_end_of_its_sink_at_any_point()
    {
        var random = new Random(20_261_125);
        var (settled, next) = (new byte[10_000], new byte[200_000]);
        random.NextBytes(settled);
        random.NextBytes(next);
        using (var plan = SinkPlan.Open(Plan)!)
            plan.RecordNext(settled.Length, EndOf(settled), next);

        foreach (
            var length in (int[])
                [
                    0,
                    1,
                    65_535,
                    65_536,
                    65_537,
                    131_072,
                    199_999,
                    200_000,
                    .. Enumerable.Range(0, 20).Select(_ => random.Next(next.Length)),
                ]
        )
        {
            Assert.Equal("Ours", Check([.. settled, .. next[..length]]));
            if (length == 0)
                continue;
            var changed = next[..length];
            changed[random.Next(2) == 0 ? length - 1 : random.Next(length)] ^= 1;
            Assert.Equal("Foreign", Check([.. settled, .. changed]));
        }
    }

    [Fact]
    public void A_shorter_plan_does_not_include_the_rest_of_a_longer_earlier_plan()
    {
        Write("", "first\nsecond\n");
        Write("first\nsecond\n", "3\n");

        Assert.Equal("Ours", Check("first\nsecond\n3\n"));
        Assert.Equal("Foreign", Check("first\nsecond\n3\nrst\nsecond\n"));
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("empty")]
    [InlineData("cut short")]
    [InlineData("something else")]
    [InlineData("of another start of the machine")]
    public void An_invalid_plan_is_ignored(string how)
    {
        Write("settled\n", "one\n");
        var bytes = File.ReadAllBytes(Plan);
        switch (how)
        {
            case "missing":
                File.Delete(Plan);
                break;
            case "empty":
                File.WriteAllBytes(Plan, []);
                break;
            case "cut short":
                File.WriteAllBytes(Plan, bytes[..40]);
                break;
            case "something else":
                File.WriteAllBytes(Plan, new byte[bytes.Length]);
                break;
            default:
                bytes[8] ^= 1;
                File.WriteAllBytes(Plan, bytes);
                break;
        }

        Assert.Equal("Unknown", Check("settled\none\n"));
    }

    [Fact]
    public void A_plan_that_cannot_be_opened_is_ignored()
    {
        Assert.Null(SinkPlan.Open(null));
        Assert.Null(SinkPlan.Open(temp.Path("nowhere/plan")));
    }

    [LinuxFact]
    public async Task A_plan_that_cannot_be_written_is_named_instead_of_the_sink()
    {
        var path = temp.File("out", "");
        using var output = await SinkOutput.OpenKeptAsync(
            new SinkDefinition(path),
            new SinkMark(path, 0, IsOpen: true),
            () => [],
            _ => { },
            planPath: "/dev/full"
        );
        output.Begin();

        var error = await Assert.ThrowsAsync<SinkPlanException>(() =>
            output.WriteAsync(new[] { new ConveyorRecord("", "x"u8.ToArray()) }).AsTask()
        );

        const string why = "the file '/dev/full' of the data directory cannot be written: No space left on device";
        Assert.Equal(why, error.Message);
        Assert.Equal(why, SinkOutput.DescribeFailure(error, path));
        Assert.Equal(0, new FileInfo(path).Length);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("theirs\n", false)]
    public async Task A_sink_continues_after_a_kill_only_if_no_one_else_wrote_to_it(string appended, bool goesOn)
    {
        var path = temp.File("out", "");
        var definition = new SinkDefinition(path);
        var mark = new SinkMark(path, 0, IsOpen: true);
        // Written and not settled, by a run that had not kept the records yet.
        using (var output = await SinkOutput.OpenKeptAsync(definition, mark, () => [], _ => { }, planPath: Plan))
        {
            output.Begin();
            await output.WriteAsync(new[] { new ConveyorRecord("", Encoding.UTF8.GetBytes(new string('x', 300_000))) });
        }
        File.AppendAllText(path, appended);

        var again = SinkOutput.OpenKeptAsync(definition, mark, () => [], _ => { }, planPath: Plan);

        if (!goesOn)
        {
            Assert.Contains(
                "another program has written to it",
                (await Assert.ThrowsAsync<PipelineInputException>(() => again)).Message,
                StringComparison.Ordinal
            );
            Assert.Equal(300_001 + appended.Length, new FileInfo(path).Length);
            return;
        }
        using var opened = await again;
        opened.Begin();
        Assert.Equal(0, new FileInfo(path).Length);
    }

    void Write(string settled, string next)
    {
        using var plan = SinkPlan.Open(Plan)!;
        var before = Encoding.UTF8.GetBytes(settled);
        plan.RecordNext(before.Length, EndOf(before), Encoding.UTF8.GetBytes(next));
    }

    string Check(string sink) => Check(Encoding.UTF8.GetBytes(sink));

    string Check(byte[] sink)
    {
        using var file = File.OpenHandle(temp.File("sink", sink));
        return SinkPlan.Check(Plan, file, sink.Length).ToString();
    }

    static FileEnd EndOf(byte[] bytes)
    {
        var end = new FileEnd();
        end.Add(bytes);
        return end;
    }

    public void Dispose() => temp.Dispose();
}
