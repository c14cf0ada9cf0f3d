using ConveyorActors.Buffers.Inspection.Printing;

namespace ConveyorActors.Buffers.Tests.Inspection.Printing;

public sealed class TablePartTests
{
    static readonly (string Name, object? Value)[] Rows = [("a", 1), ("long name", 12_345L), ("c", null)];

    static readonly Column<(string Name, object? Value)>[] Columns =
    [
        new("name", r => r.Name),
        new("someValue", r => r.Value),
        new("unseen", r => r.Name, IsShown: false),
    ];

    [Fact]
    public void Words_stand_to_the_left_and_numbers_to_the_right() =>
        Assert.Equal(
            "NAME       SOME VALUE\na                   1\nlong name       12345\nc                   -",
            new TablePart<(string, object?)>("rows", Rows, Columns).Text
        );

    [Fact]
    public void A_table_without_rows_says_what_it_is_told_to_say() =>
        Assert.Equal(
            ("none", ""),
            (
                new TablePart<(string, object?)>("rows", [], Columns, "none").Text,
                new TablePart<(string, object?)>("rows", [], Columns).Text
            )
        );

    [Fact]
    public void JSON_has_every_column_by_its_name() =>
        Assert.Equal(
            """{ "rows": [ { "name": "a", "someValue": 1, "unseen": "a" } ] }""",
            string.Join(
                ' ',
                new InspectionReport()
                    .Add(new TablePart<(string, object?)>("rows", Rows[..1], Columns))
                    .ToJson()
                    .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            )
        );
}
