using Microsoft.OpenApi;

namespace ConveyorActors.Http.OpenApi;

/// <summary>Adds the named schemas to a document.</summary>
static class Components
{
    static readonly NamedSchema[] All =
    [
        .. SharedSchemas.All,
        .. ResourceSchemas.All,
        .. ReportSchemas.All,
        .. ChangeSchemas.All,
    ];

    /// <summary>Adds the named schemas of the API to a document, unless it has them.</summary>
    public static void AddTo(OpenApiDocument document) => AddTo(document, All);

    /// <summary>Adds named schemas to a document, unless it has them.</summary>
    public static void AddTo(OpenApiDocument document, params IEnumerable<NamedSchema> added)
    {
        document.Components ??= new();
        var schemas = document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal);
        foreach (var named in added)
        {
            var schema = Field.CreateObject(named.Fields, f => !f.IsOptional);
            schema.Description = named.Description;
            schemas.TryAdd(named.Name, schema);
        }
    }
}
