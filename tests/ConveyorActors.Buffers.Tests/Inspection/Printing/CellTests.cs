using ConveyorActors.Buffers.Inspection.Printing;

namespace ConveyorActors.Buffers.Tests.Inspection.Printing;

public sealed class CellTests
{
    [Fact]
    public void Values_are_shown_alike_on_every_machine() =>
        Assert.Equal(
            ["-", "yes", "no", "1234567", "0.25", "90.5", "2030-01-01T10:00:00.000Z", "Pause"],
            new object?[]
            {
                null,
                true,
                false,
                1_234_567L,
                0.25,
                TimeSpan.FromSeconds(90.5),
                new DateTimeOffset(2030, 1, 1, 12, 0, 0, TimeSpan.FromHours(2)),
                BackpressureKindName,
            }.Select(Cell.Format)
        );

    const string BackpressureKindName = "Pause";

    [Fact]
    public void Control_characters_are_shown_as_numbers() =>
        Assert.Equal(@"a\u000ab\u001b[31m", Cell.Format("a\nb\u001b[31m"));

    [Theory]
    [InlineData("stage", "stage")]
    [InlineData("inFlight", "in flight")]
    [InlineData("expectedInSeconds", "expected in seconds")]
    public void A_name_is_split_into_words(string name, string words) => Assert.Equal(words, Cell.SplitWords(name));
}
