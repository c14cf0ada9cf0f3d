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
    public void Text_is_left_aligned_and_numbers_are_right_aligned() =>
        Assert.Equal(
            "NAME       SOME VALUE\na                   1\nlong name       12345\nc                   -",
            new TablePart<(string, object?)>("rows", Rows, Columns).Text
        );

    [Fact]
    public void A_table_without_rows_shows_the_given_text() =>
        Assert.Equal(
            ("none", ""),
            (
                new TablePart<(string, object?)>("rows", [], Columns, "none").Text,
                new TablePart<(string, object?)>("rows", [], Columns).Text
            )
        );

    [Fact]
    public void The_JSON_output_has_every_column_by_its_name() =>
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
