using System.Reflection;
using ConveyorActors.Buffers.Inspection;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Tests.Inspection.Commands;

/// <summary>Whether everything adds up.</summary>
public sealed class AuditCommandTests : InspectedShop
{
    [Fact]
    public async Task Every_level_is_shown_with_the_fate_of_its_records()
    {
        await Prints(
            "audit",
            """
            PIPELINE  LEVEL        OFFERED  COMPLETED  REFUSED  DROPPED  EXPIRED  DEAD LETTERED  PENDING  CONSERVED
            orders    manager            8          0        0        0        0              1        7  yes
            orders    stage parse        6          0        0        0        0              1        5  yes
            orders    stage store        2          0        0        0        0              0        2  yes
            orders    source mail        1          0        0        0        0              0        1  yes
            orders    source web         7          0        0        0        0              1        6  yes

            PIPELINE  STAGE  SOURCE  REASON    COUNT
            orders    parse  web     Rejected      1

            Everything adds up.
            """
        );
        Assert.Equal(await Print("audit"), await Print("audit orders"));
        Assert.True((await Json("audit")).GetProperty("conserved").GetBoolean());
    }

    [Fact]
    public async Task The_exit_code_is_1_if_a_level_does_not_add_up()
    {
        var reply = await new InspectionCore(Forging.Of(Service)).RunAsync("audit --json");

        Assert.Equal(1, reply.ExitCode);
        Assert.True(reply is { IsReport: true, IsError: true });
        Assert.Contains("\"levelsNotConserved\": 1", reply.Text, StringComparison.Ordinal);
        Assert.EndsWith(
            "1 of 5 levels do not add up.",
            (await new InspectionCore(Forging.Of(Service)).RunAsync("audit orders")).Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task All_numbers_of_a_pipeline_are_those_of_its_snapshot()
    {
        var stats = await Json("stats orders");
        var snapshot = await Service.GetSnapshotAsync(Pipeline);

        Numbers.AreThoseOf(snapshot.Total, stats);
        Numbers.AreThoseOf(snapshot.Stages[0].Level, stats.GetProperty("stages")[0]);
        Numbers.AreThoseOf(snapshot.Sources[1].Level, stats.GetProperty("sources")[1]);
        Assert.Equal("Rejected", stats.GetProperty("losses")[0].GetProperty("reason").GetString());
    }

    /// <summary>A service whose manager has lost a record that nothing says anything of.</summary>
    public class Forging : DispatchProxy
    {
        IBufferService inner = null!;

        public static IBufferService Of(IBufferService inner)
        {
            var made = Create<IBufferService, Forging>();
            ((Forging)(object)made).inner = inner;
            return made;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            var result = targetMethod!.Invoke(inner, args);
            return targetMethod.Name == nameof(IBufferService.GetSnapshotAsync)
                ? Forged((ValueTask<PipelineSnapshot>)result!)
                : result;
        }

        static async ValueTask<PipelineSnapshot> Forged(ValueTask<PipelineSnapshot> snapshot)
        {
            var right = await snapshot;
            return right with { Total = right.Total with { Offered = right.Total.Offered + 1 } };
        }
    }
}
