using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace ConveyorActors.Http.OpenApi;

/// <summary>
/// Describes a parameter, or a member of a JSON object. In a request a field is optional unless it is required; in a
/// reply it is always there unless it is optional.
/// </summary>
/// <param name="Name">The field's name.</param>
/// <param name="Description">The field's meaning and unit.</param>
abstract record Field(string Name, string Description)
{
    /// <summary>Gets whether a request must have the field.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Gets whether a reply may lack the field.</summary>
    public bool IsOptional { get; init; }

    /// <summary>Gets whether the value may be null.</summary>
    public bool IsNullable { get; init; }

    /// <summary>Returns the schema of the field, with its description.</summary>
    public OpenApiSchema CreateSchema()
    {
        var schema = Create();
        schema.Description = Description;
        if (IsNullable)
            schema.Type |= JsonSchemaType.Null;
        return schema;
    }

    /// <summary>Returns the schema of an object with these fields.</summary>
    public static OpenApiSchema CreateObject(IEnumerable<Field> fields, Func<Field, bool> isRequired)
    {
        Field[] all = [.. fields];
        return new()
        {
            Type = JsonSchemaType.Object,
            Properties = all.ToDictionary(f => f.Name, IOpenApiSchema (f) => f.CreateSchema(), StringComparer.Ordinal),
            Required = all.Where(isRequired).Select(f => f.Name).ToHashSet(StringComparer.Ordinal),
        };
    }

    protected abstract OpenApiSchema Create();
}

/// <summary>A text.</summary>
sealed record TextField(string Name, string Description) : Field(Name, Description)
{
    public int? MinLength { get; init; }

    public int? MaxLength { get; init; }

    protected override OpenApiSchema Create() =>
        new()
        {
            Type = JsonSchemaType.String,
            MinLength = MinLength,
            MaxLength = MaxLength,
        };
}

/// <summary>A time in the format of RFC 3339.</summary>
sealed record TimeField(string Name, string Description) : Field(Name, Description)
{
    protected override OpenApiSchema Create() => new() { Type = JsonSchemaType.String, Format = "date-time" };
}

/// <summary>One of some texts.</summary>
sealed record ChoiceField(string Name, string Description, params IReadOnlyList<string> Choices)
    : Field(Name, Description)
{
    /// <summary>Gets whether the first text is the default.</summary>
    public bool HasDefault { get; init; }

    protected override OpenApiSchema Create() =>
        new()
        {
            Type = JsonSchemaType.String,
            // In JSON Schema an enumeration without null refuses null, whatever the type is.
            Enum = [.. Choices.Select(JsonNode (c) => c), .. IsNullable ? (JsonNode[])[JsonNullSentinel.JsonNull] : []],
            Default = HasDefault ? Choices[0] : null,
        };
}

/// <summary>A flag.</summary>
sealed record FlagField(string Name, string Description) : Field(Name, Description)
{
    public bool? Default { get; init; }

    protected override OpenApiSchema Create() => new() { Type = JsonSchemaType.Boolean, Default = Default };
}

/// <summary>A whole number from <paramref name="Least"/> to <paramref name="Most"/>.</summary>
record IntegerField(string Name, string Description, long? Least = null, long? Most = null) : Field(Name, Description)
{
    public long? Default { get; init; }

    protected override OpenApiSchema Create() =>
        new()
        {
            Type = JsonSchemaType.Integer,
            Format = "int64",
            Minimum = Least?.ToString(CultureInfo.InvariantCulture),
            Maximum = Most?.ToString(CultureInfo.InvariantCulture),
            Default = Default,
        };
}

/// <summary>A number of things, from 0.</summary>
sealed record CountField(string Name, string Description) : IntegerField(Name, Description, 0);

/// <summary>A number above <paramref name="Above"/>.</summary>
sealed record NumberField(string Name, string Description, int? Above = null) : Field(Name, Description)
{
    /// <summary>Gets the largest allowed number; null: none.</summary>
    public int? Most { get; init; }

    /// <summary>Gets the number that the value must be less than; null: none.</summary>
    public int? Below { get; init; }

    protected override OpenApiSchema Create() =>
        new()
        {
            Type = JsonSchemaType.Number,
            Format = "double",
            ExclusiveMinimum = Above?.ToString(CultureInfo.InvariantCulture),
            Maximum = Most?.ToString(CultureInfo.InvariantCulture),
            ExclusiveMaximum = Below?.ToString(CultureInfo.InvariantCulture),
        };
}

/// <summary>An array.</summary>
sealed record ArrayField(string Name, string Description, IOpenApiSchema Items) : Field(Name, Description)
{
    public int? MaxItems { get; init; }

    protected override OpenApiSchema Create() =>
        new()
        {
            Type = JsonSchemaType.Array,
            Items = Items,
            MaxItems = MaxItems,
        };
}

/// <summary>An object whose members have any names, and texts as values.</summary>
sealed record TextsField(string Name, string Description) : Field(Name, Description)
{
    protected override OpenApiSchema Create() =>
        new()
        {
            Type = JsonSchemaType.Object,
            AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.String },
        };
}

/// <summary>Any JSON value.</summary>
sealed record AnyField(string Name, string Description) : Field(Name, Description)
{
    protected override OpenApiSchema Create() => new();
}
