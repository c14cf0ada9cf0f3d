namespace ConveyorActors.Buffers.Tests.Inspection.Commands;

/// <summary>The records that stages gave up on.</summary>
public sealed class DeadLettersCommandTests : InspectedShop
{
    [Fact]
    public async Task Dead_letters_of_all_stages_are_listed_with_reason_and_error()
    {
        await Prints(
            "dead-letters list orders",
            """
            pipeline  orders
            kept      1
            listed    1

            STAGE  SOURCE  SEQUENCE  ID     RETRIES  BYTES  REASON    AT                        ERROR
            parse  web            1  web-1        0     10  Rejected  2030-01-01T12:00:00.000Z  not\u000aJSON
            """
        );
    }

    [Fact]
    public async Task A_stage_without_dead_letters_lists_none()
    {
        await Prints(
            "dead-letters list orders store",
            """
            pipeline  orders
            kept      0
            listed    0
            """
        );
    }

    [Fact]
    public async Task Dead_letters_are_replayed_and_the_rest_is_counted()
    {
        await Prints(
            "dead-letters replay orders parse --max 1",
            """
            pipeline  orders
            stage     parse
            replayed  1
            left      0
            """
        );
    }

    [Fact]
    public async Task Dead_letters_are_purged()
    {
        await Prints(
            "dead-letters purge orders parse",
            """
            pipeline  orders
            stage     parse
            purged    1
            left      0
            """
        );
    }

    [Fact]
    public async Task Changes_of_dead_letters_reach_the_pipeline()
    {
        Assert.Equal(1, (await Json("dead-letters replay orders parse")).GetProperty("replayed").GetInt32());
        Assert.Empty(await Service.GetDeadLettersAsync(Pipeline, "parse", 10));
        Assert.Equal(0, (await Json("dead-letters purge orders parse")).GetProperty("purged").GetInt32());
        Assert.Equal(0, (await Json("dead-letters list orders")).GetProperty("deadLetters").GetArrayLength());
    }

    [Fact]
    public async Task A_dead_letter_in_JSON_keeps_its_error_unchanged()
    {
        var letter = (await Json("dead-letters list orders parse")).GetProperty("deadLetters")[0];
        Assert.Equal(
            ("not\nJSON", "Rejected", "web-1"),
            (
                letter.GetProperty("error").GetString(),
                letter.GetProperty("reason").GetString(),
                letter.GetProperty("id").GetString()
            )
        );
    }

    [Theory]
    [InlineData(
        "dead-letters",
        2,
        "ACTION is missing; it must be list or replay or purge: dead-letters list|replay|purge PIPELINE [STAGE] [--max N] [--json]"
    )]
    [InlineData("dead-letters orders", 2, "ACTION is 'orders'; it must be one of list, replay, purge")]
    [InlineData(
        "dead-letters lsit orders",
        2,
        "ACTION is 'lsit'; it must be one of list, replay, purge; did you mean 'list'?"
    )]
    [InlineData(
        "dead-letters purge orders",
        2,
        "STAGE is missing; to purge dead letters it must be the name of a stage"
    )]
    [InlineData(
        "dead-letters list orders prse",
        1,
        "STAGE is 'prse', and there is no stage in pipeline 'orders' of that name; did you mean 'parse'?"
    )]
    [InlineData("dead-letters list orders --max 0", 2, "--max is '0'; it must be a whole number from 1 to 2147483647")]
    [InlineData(
        "dead-letters list orders --max many",
        2,
        "--max is 'many'; it must be a whole number from 1 to 2147483647"
    )]
    public Task Errors_name_the_word_its_value_and_the_valid_values(string line, int exitCode, string sentence) =>
        Refused(line, exitCode, sentence);
}
