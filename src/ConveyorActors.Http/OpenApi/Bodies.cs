using Microsoft.OpenApi;

namespace ConveyorActors.Http.OpenApi;

/// <summary>Creates the bodies of requests and replies.</summary>
static class Bodies
{
    public static Dictionary<string, IOpenApiHeader> RetryAfter =>
        CreateHeaders(new IntegerField("Retry-After", "seconds after which the client should try again", 1));

    /// <summary>Returns a reply of JSON.</summary>
    public static OpenApiResponse CreateReply(string description, NamedSchema schema) =>
        new() { Description = description, Content = CreateContent((Wire.JsonText.MediaType, schema.Refer())) };

    /// <summary>Returns the reply of an operator's command: JSON or, if the client accepts it, a table.</summary>
    public static OpenApiResponse CreateReport(string description, params NamedSchema[] schemas) =>
        new()
        {
            Description = $"{description} With `Accept: text/plain` the reply is a table.",
            Headers = CreateHeaders(
                new IntegerField(
                    Inspecting.InspectionEndpoints.ExitCode,
                    "the exit code of the command on the command line: 0, or 1 if the reply reports a fault",
                    0,
                    1
                )
            ),
            Content = CreateContent(
                (
                    Wire.JsonText.MediaType,
                    schemas is [var only]
                        ? only.Refer()
                        : new OpenApiSchema { AnyOf = [.. schemas.Select(s => s.Refer())] }
                ),
                ("text/plain", new OpenApiSchema { Type = JsonSchemaType.String })
            ),
        };

    /// <summary>Returns a reply of text.</summary>
    public static OpenApiResponse CreateTextReply(string description, string mediaType) =>
        new()
        {
            Description = description,
            Content = CreateContent((mediaType, new OpenApiSchema { Type = JsonSchemaType.String })),
        };

    /// <summary>Returns a body that is a JSON object with these members; an empty body is one without members.</summary>
    public static OpenApiRequestBody CreateRequest(params Field[] fields)
    {
        var schema = Field.CreateObject(fields, f => f.IsRequired);
        schema.AdditionalPropertiesAllowed = false;
        return new()
        {
            Required = fields.Any(f => f.IsRequired),
            Description =
                "An object of JSON. A body without content is an object without members. Its type may also be another one of JSON, such as `application/merge-patch+json`, or left out.",
            Content = CreateContent((Wire.JsonText.MediaType, schema)),
        };
    }

    public static Dictionary<string, OpenApiMediaType> CreateContent(
        params (string MediaType, IOpenApiSchema Schema)[] contents
    ) =>
        contents.ToDictionary(
            c => c.MediaType,
            c => new OpenApiMediaType { Schema = c.Schema },
            StringComparer.Ordinal
        );

    static Dictionary<string, IOpenApiHeader> CreateHeaders(Field field)
    {
        var schema = field.CreateSchema();
        schema.Description = null;
        return new(StringComparer.Ordinal)
        {
            [field.Name] = new OpenApiHeader { Description = field.Description, Schema = schema },
        };
    }
}
