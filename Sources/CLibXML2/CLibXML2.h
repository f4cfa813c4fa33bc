#include <libxml/xmlversion.h>
// libxml2 uses ICU within; its headers would bring ICU's declarations along, which Foundation has in
// another version of its own. Nothing here looks into the structures that they stand in.
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlIO.h>
#include <libxml/xmlschemas.h>
