namespace ConveyorActors.Buffers.Tests.Inspection.Commands;

/// <summary>The stages of a pipeline.</summary>
public sealed class StagesCommandTests : InspectedShop
{
    [Fact]
    public async Task Stages_are_listed_with_their_numbers()
    {
        await Prints(
            "stages orders",
            """
            STAGE  BUFFERED  IN FLIGHT  GRANTED  USED  LIMIT  FILL  OLDEST SECONDS  REFUSED  COMPLETED  LEASES  DEAD LETTERS  WAITING OFFERS  WAITING CONSUMERS
            parse         4          1        0     5     10   0.5              20        0          0       1             1               0                  0
            store         2          0        0     2     10   0.2              20        0          0       0             0               0                  0
            """
        );
    }

    [Fact]
    public async Task Stages_held_by_an_operator_are_listed_even_if_they_do_not_exist_yet()
    {
        await Prints("pause orders stage parse", "Stage 'parse' of pipeline 'orders' is held.");
        await Prints(
            "pause orders stage ship",
            "Stage 'ship' of pipeline 'orders' does not exist yet; it is held once it is created."
        );
        await Prints(
            "stages orders",
            """
            STAGE  BUFFERED  IN FLIGHT  GRANTED  USED  LIMIT  FILL  OLDEST SECONDS  REFUSED  COMPLETED  LEASES  DEAD LETTERS  WAITING OFFERS  WAITING CONSUMERS
            parse         4          1        0     5     10   0.5              20        0          0       1             1               0                  0
            store         2          0        0     2     10   0.2              20        0          0       0             0               0                  0

            TARGET  NAME   SINCE
            stage   parse  2030-01-01T12:00:20.000Z
            stage   ship   2030-01-01T12:00:20.000Z
            """
        );
    }

    [Fact]
    public async Task Every_number_of_a_stage_is_that_of_its_snapshot()
    {
        var json = await Json("stages orders");
        var snapshot = await Service.GetSnapshotAsync(Pipeline);
        foreach (var (row, stage) in json.GetProperty("stages").EnumerateArray().Zip(snapshot.Stages))
        {
            Assert.Equal(stage.Stage, row.GetProperty("stage").GetString());
            Numbers.AreThoseOf(stage.Level, row);
            Assert.Equal(
                (
                    stage.Leases.Count,
                    stage.DeadLetters,
                    stage.DeadLetterBytes,
                    stage.DeadLettersDiscarded,
                    stage.WaitingOffers,
                    stage.WaitingConsumers
                ),
                (
                    row.GetProperty("leases").GetInt32(),
                    row.GetProperty("deadLetters").GetInt32(),
                    row.GetProperty("deadLetterBytes").GetInt64(),
                    row.GetProperty("deadLettersDiscarded").GetInt64(),
                    row.GetProperty("waitingOffers").GetInt32(),
                    row.GetProperty("waitingConsumers").GetInt32()
                )
            );
        }
        Assert.Equal(Pipeline, json.GetProperty("pipeline").GetString());
    }

    [Fact]
    public async Task A_pipeline_without_stages_is_reported_so()
    {
        await Service.ConfigureAsync("empty", new());
        await Prints("stages empty", "Pipeline 'empty' has no stages.");
    }
}
